#!/usr/bin/env bash
# Builds what is released, for each architecture: the zip of the function, and the command with its man pages and completions. With
# their SHA-256 and the notes of the version, into target/dist.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
out=target/dist
rm -rf "$out"
mkdir -p "$out"
for arch in x86_64 arm64; do
  echo "crema $version for $arch: compiling (release: some minutes the first time)"
  # Alone: beside the command it would get its features.
  cargo-lambda lambda build --release -p crema "--${arch/_/-}" --output-format zip --lambda-dir "$out/$arch"
  mv "$out/$arch/bootstrap/bootstrap.zip" "$out/crema-$version-$arch.zip"
  echo "the command for $arch: compiling"
  cargo-lambda lambda build --release -p crema-cli --bin crema "--${arch/_/-}" --lambda-dir "$out/$arch"
  mkdir -p "$out/$arch/command"
  # Named so by cargo-lambda, whatever it is.
  mv "$out/$arch/crema/bootstrap" "$out/$arch/command/crema"
done
# Pages and completions are the same for all; of what this machine runs.
host=$(uname -m | sed 's/aarch64/arm64/')
crema="$out/$host/command/crema"
pages="$out/pages"
mkdir -p "$pages/completions"
"$crema" man "$pages/man"
for shell in bash zsh fish; do
  "$crema" completions "$shell" > "$pages/completions/crema.$shell"
done
for arch in x86_64 arm64; do
  cp -r "$pages/man" "$pages/completions" LICENSE "$out/$arch/command/"
  tar -C "$out/$arch/command" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -czf "$out/crema-cli-$version-$arch.tar.gz" .
  rm -r "${out:?}/$arch"
done
rm -r "$pages"

# The section of this version, or what is not released yet.
awk -v version="$version" '
  /^## / { on = index($0, "[" version "]") > 0 || (!seen && /\[Unreleased\]/); if (on) seen = 1; next }
  on { print }
' CHANGELOG.md > "$out/NOTES.md"
(cd "$out" && sha256sum -- *.zip *.tar.gz > SHA256SUMS && cat SHA256SUMS)
