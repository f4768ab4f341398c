"""A comment of SQL. Inside the statements, since some drivers look at a statement's first word."""


def comment(text: str) -> str:
    return f"/* {text} */"
