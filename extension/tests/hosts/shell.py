"""The sqlite3 shell: the scenario, as text that the shell reads."""

import os
import re
import subprocess
import tempfile

import scenario

MARK = "-- step --"


def text_for(case, path, schema):
    """The shell's input, and for each line of it the step that it is."""
    opening = [f".load {scenario.EXTENSION}"] + scenario.OPENING
    lines = [f".open {path}", ".mode list", ".separator | ,", ".nullvalue ''"]
    lines += [f"{sql};" for sql in case.get("before_schema", [])]
    lines += [line if line.startswith(".") else f"{line};" for line in opening]
    lines += [f".read {schema}"] + [f"{sql};" for sql in scenario.SCENARIO["rows"]]
    lines += [".connection 1", f".open {path}"]
    lines += [line if line.startswith(".") else f"{line};" for line in opening]
    steps = {}
    for step in case["do"]:
        lines += [f".connection {1 if step.get('other') else 0}", f".print '{MARK}'"]
        lines.append(f"{step['sql']};")
        steps[len(lines)] = step
    return "\n".join(lines) + "\n", steps


def run_case(case, folder, number):
    schema = os.path.join(folder, f"{number}.sql")
    with open(schema, "w") as file:
        file.write(scenario.schema_of(case))
    text, steps = text_for(case, os.path.join(folder, f"{number}.db"), schema)
    done = subprocess.run(["sqlite3", "-batch"], input=text, capture_output=True, text=True)
    assert done.returncode >= 0, f"{case['name']}: the shell ended by signal {-done.returncode}"
    outputs = [output.strip("\n").rstrip(",") for output in done.stdout.split(MARK)[1:]]
    errors = {}
    for line in done.stderr.splitlines():
        if found := re.match(r"(?:Runtime|Parse) error near line (\d+): (.*?)(?: \((\d+)\))?$", line):
            errors[int(found[1])] = (found[2], int(found[3] or 1))
    assert set(errors) <= set(steps), f"{case['name']}: {done.stderr}"
    assert len(outputs) == len(steps), f"{case['name']}: {done.stdout}{done.stderr}"
    for (line, step), output in zip(steps.items(), outputs):
        if line in errors:
            message, code = errors[line]
            # The shell prints primary codes.
            wanted = scenario.SCENARIO["codes"][step["fails"]]["code"] if "fails" in step else code
            scenario.check(case, step, code=wanted if wanted & 0xFF == code & 0xFF else code, message=message)
        else:
            scenario.check(case, step, [[output]])


with tempfile.TemporaryDirectory() as folder:
    for copy in scenario.copies(folder):
        asked = ["sqlite3", ":memory:", f".load {copy}", "SELECT facilitator_markers_version()"]
        done = subprocess.run(asked, capture_output=True, text=True)
        assert done.stdout.strip() == scenario.version(), f"{copy}: {done.stdout}{done.stderr}"
    for number, case in enumerate(scenario.SCENARIO["cases"]):
        run_case(case, folder, number)
wait = subprocess.run(["sqlite3", ":memory:", "PRAGMA busy_timeout"], capture_output=True, text=True).stdout.strip()
found = subprocess.run(["sqlite3", "--version"], capture_output=True, text=True).stdout.split()[0]
scenario.report("sqlite3 shell", found, f"{wait} ms")
