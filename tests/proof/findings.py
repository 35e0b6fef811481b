"""What the proofs share: counting what was looked at, and what is wrong with it."""

import sys
from pathlib import Path


class Findings:
    """Counts the subjects looked at and collects what is wrong with them."""

    def __init__(self, what):
        self.what = what
        self.looked_at = 0
        self.wrong = []

    def expect(self, holds, message):
        """Counts one check; `message` says what is wrong where it does not hold."""
        self.looked_at += 1
        if not holds:
            self.wrong.append(message)
        return holds

    def close(self):
        """Prints the findings and ends the program: 0 only where something was looked at and nothing is wrong."""
        for message in self.wrong:
            print(message)
        print(f"{self.what}: {self.looked_at} checks, {len(self.wrong)} findings")
        sys.exit(1 if self.wrong or not self.looked_at else 0)


def rendered(arguments):
    """The folders given on the command line; ends the program where one is no render."""
    folders = [Path(argument) for argument in arguments]
    if not folders:
        sys.exit("give the folders of one render or more")
    for folder in folders:
        if not (folder / "rootfs").is_dir():
            sys.exit(f"{folder} holds no rootfs: not a render")
    return folders
