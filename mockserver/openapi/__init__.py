"""What the mock serves, as an OpenAPI 3.1 document and as types that requests and answers are checked against.

shapes          bases of the JSON bodies, and bodies that many operations share
contacts, ...   a family each: its bodies as msgspec types, and what is said of its operations. The document's schemas
                are made from the types, and strict mode reads bodies with them, so the two cannot disagree
described       what is said of one operation besides its row in the route table
document        route table and descriptions -> the document
strict          requests and answers checked against the descriptions
"""
