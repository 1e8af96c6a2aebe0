"""What most people would write: a small Flask app that keeps contacts in a dict and answers with them.

Served by Werkzeug, as moto serves its mocks, with connections kept open. It checks nothing, limits nothing, and writes
no ledger.
"""

import sys
import uuid
from typing import Any

from flask import Flask, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

app = Flask(__name__)
contacts: dict[str, dict[str, Any]] = {}


@app.post("/oauth/token")
def token() -> Any:
    return {"access_token": "any", "token_type": "bearer", "expires_in": 86400}


@app.post("/api/v2/outbound/contactlists")
def create() -> Any:
    return {"id": str(uuid.uuid4())}


@app.get("/api/v2/outbound/contactlists/<list_id>")
def get(list_id: str) -> Any:
    return {"id": list_id, "size": len(contacts)}


@app.post("/api/v2/outbound/contactlists/<list_id>/clear")
def clear(list_id: str) -> Any:
    contacts.clear()
    return "", 204


@app.post("/api/v2/outbound/contactlists/<list_id>/contacts")
def add(list_id: str) -> Any:
    answer = []
    for sent in request.get_json():
        contact_id = str(uuid.uuid4())
        uri = f"/api/v2/outbound/contactlists/{list_id}/contacts/{contact_id}"
        contact = {"id": contact_id, "contactListId": list_id, "data": sent["data"], "callable": True, "selfUri": uri}
        contacts[contact_id] = contact
        answer.append(contact)
    return jsonify(answer)


if __name__ == "__main__":
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    WSGIRequestHandler.log_request = lambda *_: None  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
