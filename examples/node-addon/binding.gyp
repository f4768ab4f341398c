# How node-gyp builds the addon, with the static library that packaging/c-library builds.
{
  "variables": {
    "checkout%": "<(module_root_dir)/../..",
    "release%": "<(module_root_dir)/../../target/release",
  },
  "targets": [{
    "target_name": "platform",
    "sources": ["addon.c"],
    "include_dirs": ["<(checkout)/include"],
    "cflags": ["-std=c11", "-Wall", "-Wextra"],
    "libraries": ["<(release)/libfacilitator_markers.a", "-lsqlite3"],
    "ldflags": ["-Wl,--gc-sections", "-Wl,--exclude-libs,ALL"],
  }],
}
