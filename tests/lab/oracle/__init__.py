"""The TCP oracle: crafted segments to a real kernel, and what its application read. See ../tcp_oracle.py --help."""
