"""lookit/webhooks.json: signed calls."""

import json

from captured.calls import call, load, says


def signs(signature):
    def check(text):
        assert text == f"verify ok\nsign ok\n{signature}\n", text
    return check


def pipe():
    for i, hook in enumerate(load("lookit/webhooks.json")["pipe_webhooks"]):
        call(f"pipe {i}, its form", says(hook["payload_json"]), "form", hook["body"], "payload")
        call(f"pipe {i}", signs(hook["x_pipe_signature"]), "pipe", hook["key"], hook["url"],
             hook["payload_json"], hook["x_pipe_signature"])


def lambda_post():
    post = load("lookit/webhooks.json")["lambda_post"]
    call("lambda", signs(post["hmac_sha256_hex"]), "lambda", post["key"],
         json.dumps(post["body"], indent=2), post["hmac_sha256_hex"])


ALL = [pipe, lambda_post]
