"""A kernel of Jupyter for Mos."""

__version__ = "0.2.0"
