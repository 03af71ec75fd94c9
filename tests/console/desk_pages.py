"""What an agent does before and after in the desk."""

from helpline import cases

HTMX = {"HX-Request": "true"}


def state(service, case_id):
    with service.engine.connect() as conn:
        return cases.get(conn, case_id)


ARABIC = "وصلتني رِسَالَة القسيمة أمس"
