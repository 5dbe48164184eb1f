"""The product: everything that knows about patients, cancers, rules and records."""
