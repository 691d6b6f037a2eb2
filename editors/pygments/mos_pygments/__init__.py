"""Colours of Mos programs and of sessions at its prompt."""

from mos_pygments.lexers import MosConsoleLexer, MosLexer

__all__ = ["MosConsoleLexer", "MosLexer"]
