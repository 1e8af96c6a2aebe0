"""What the mock serves, as an OpenAPI 3.1 document and as types that requests and answers can be held against.

shapes, *_shapes       JSON bodies as msgspec types; the document's schemas are made from them, and strict mode reads
                       bodies with them, so the two cannot disagree
described              what is said of one operation besides its place in the route table
*_operations           the descriptions, by operation
document               route table x descriptions -> the document
strict                 requests and answers held against the descriptions
"""
