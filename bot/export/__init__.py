"""A case in the forms that leave the house."""
