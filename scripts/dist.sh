#!/usr/bin/env bash
# Builds the zips that are released, one for each architecture, with their SHA-256 and the notes of the version, into target/dist.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
out=target/dist
rm -rf "$out"
mkdir -p "$out"
for arch in x86_64 arm64; do
  echo "crema $version for $arch: compiling (release: some minutes the first time)"
  cargo-lambda lambda build --release "--${arch/_/-}" --output-format zip --lambda-dir "$out/$arch"
  mv "$out/$arch/bootstrap/bootstrap.zip" "$out/crema-$version-$arch.zip"
  rm -r "${out:?}/$arch"
done

# The section of this version, or what is not released yet.
awk -v version="$version" '
  /^## / { on = index($0, "[" version "]") > 0 || (!seen && /\[Unreleased\]/); if (on) seen = 1; next }
  on { print }
' CHANGELOG.md > "$out/NOTES.md"
(cd "$out" && sha256sum -- *.zip > SHA256SUMS && cat SHA256SUMS)
