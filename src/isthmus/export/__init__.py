"""Fitted networks as ONNX files, which programs without Isthmus compute; see docs/deploy.md.

Only ``parts``, ``precision`` and ``samples`` can be imported without the libraries of the extra "onnx".
"""
