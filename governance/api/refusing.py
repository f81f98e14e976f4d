"""What the doors answer when they take nothing: a status, and a sentence that names the fix."""

from django.http import JsonResponse

RETRY_AFTER_SECONDS = 5


class Refused(Exception):
    """Nothing of the request was taken."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers

    def answer(self) -> JsonResponse:
        """The answer."""
        headers = {name.replace("_", "-"): value for name, value in self.headers.items()}
        return JsonResponse({"error": str(self)}, status=self.status, headers=headers)


def unauthorised() -> Refused:
    """Whatever is wrong with a token, the answer is the same."""
    wanted = "Send the header Authorization: Bearer TOKEN, with a token of the source that is not revoked."
    return Refused(401, wanted, WWW_Authenticate='Bearer realm="usage"')


def unavailable() -> Refused:
    """The database is not to be had."""
    said = "It could not be stored just now, and nothing of it is acknowledged. Send the same body again."
    return Refused(503, said, Retry_After=str(RETRY_AFTER_SECONDS))
