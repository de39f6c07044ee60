"""The system around Isthmus: files, standard output, progress, threads, memory and optional libraries."""
