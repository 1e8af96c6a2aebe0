"""What the mock serves, as an OpenAPI 3.1 document, and requests and answers held against it.

document        the operations -> the document
strict          requests and answers checked against the operations

The document's schemas are made from the types of the rows, and strict mode reads bodies with them, so the two cannot
disagree.
"""
