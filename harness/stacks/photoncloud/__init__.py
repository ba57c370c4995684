"""The documents' own stack: asked over HTTPS, installed by ``nixos-anywhere`` (see ``docs/stacks.md``)."""
