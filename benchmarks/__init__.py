"""The figures of the documentation.

Modules run from the root of the repository, such as ``python -m benchmarks.rows.tables FOLDER``.
"""
