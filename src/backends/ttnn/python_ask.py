# SPDX-License-Identifier: Apache-2.0
"""Asked of an interpreter: where it and its packages are. Prints one line of JSON; imports no package."""

import importlib.metadata
import importlib.util
import json
import os
import site
import sys
import sysconfig


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def library():
    """The shared libpython; None: this interpreter was built without."""
    places = [sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LIBPL")]
    places.append(os.path.join(sys.base_prefix, "lib"))
    names = [
        sysconfig.get_config_var("INSTSONAME"),
        sysconfig.get_config_var("LDLIBRARY"),
    ]
    for name in filter(lambda n: n and ".so" in n, names):
        for path in [os.path.join(place, name) for place in places if place]:
            if os.path.isfile(path):
                return os.path.realpath(path)
    return None


def folder(package):
    spec = importlib.util.find_spec(package)
    return os.path.dirname(spec.origin) if spec and spec.origin else None


sites = list(site.getsitepackages())
if site.ENABLE_USER_SITE:
    sites.append(site.getusersitepackages())
ttnn = folder("ttnn")
facts = {
    "python": ".".join(map(str, sys.version_info[:2])),
    "library": library(),
    "site": [path for path in sites if os.path.isdir(path)],
    "ttnn": ttnn,
    "ttnn_version": version("ttnn"),
    "native": bool(ttnn)
    and any(name.startswith("_ttnn.") for name in os.listdir(ttnn)),
    "numpy": folder("numpy"),
    "numpy_version": version("numpy"),
}
print(json.dumps(facts))
