"""Work that takes time: how far it is, and where its files are fetched and put."""
