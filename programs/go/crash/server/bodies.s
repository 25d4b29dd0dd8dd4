// An assembly file in the package allows functions without a body.
