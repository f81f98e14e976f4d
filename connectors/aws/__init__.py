"""AWS IAM: users, roles, groups and their policies; what they add up to is computed here, from the documents."""
