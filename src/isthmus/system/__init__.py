"""The operating system: files, standard output, threads and memory."""
