"""Every case of calls.txt gives in C, Python and every Lua what it says."""

import sys

from speakers import SOURCE, make

sys.path.insert(0, str(SOURCE / "tests/support"))
from cases import cases_of  # noqa: E402


def gives(case):
    def check(answer):
        assert answer.encode() == b"".join(line + b"\n" for line in case.all("gives"))
    return check


def main():
    cases = cases_of(SOURCE, "calls.txt")
    assert len(cases) > 40
    names = make([(case.name, case.text("call"), case.all("with"), gives(case))
                  for case in cases])
    print(f"{len(cases)} calls give what is written in C, {', '.join(names)}")


if __name__ == "__main__":
    main()
