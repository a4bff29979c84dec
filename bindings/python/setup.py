"""Builds sensorhub._core against the libsensorhub that pkg-config finds; see pyproject.toml."""

import glob
import os
import shlex
import subprocess

from setuptools import Extension, setup


def pkg_config(*arguments):
    program = os.environ.get("PKG_CONFIG", "pkg-config")
    return shlex.split(subprocess.check_output([program, *arguments, "sensorhub"], text=True))


setup(
    version=pkg_config("--modversion")[0],
    ext_modules=[
        Extension(
            "sensorhub._core",
            sorted(glob.glob("*.c")),
            depends=sorted(glob.glob("*.h")),
            define_macros=[("Py_LIMITED_API", "0x030b0000")],
            extra_compile_args=["-std=c11", "-fvisibility=hidden", *pkg_config("--cflags")],
            extra_link_args=pkg_config("--libs"),
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
