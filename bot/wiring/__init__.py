"""The one room that knows which adapter stands behind which port; settings and logs are read and set here."""
