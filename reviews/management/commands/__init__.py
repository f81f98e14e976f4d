"""`manage.py attest` and `manage.py verify_attestation`."""
