"""Where Parkloom keeps and reads: tables, stores, importers, reference lists, samples."""
