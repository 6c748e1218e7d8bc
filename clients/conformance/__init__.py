"""The conformance suite: cases as data, run over HTTP or through a client of any language."""
