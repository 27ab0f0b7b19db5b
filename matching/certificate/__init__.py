"""Check a certified capacity plan alone: `python -m matching.certificate FILE DIR`.

Standard library and numpy, nothing else of the product: this folder can be copied away and read
against `docs/spec/capacity.md`. `bundle` reads the problem and `document` the certificate; `plan`
and `rules` apply sections 2 and 8. The rest computes the bound of section 7: `charges` and `alone`
make the whole numbers, `relaxation` prices lots, `cases` puts them together, `division` divides
cases, `proofs` follows a proof. Nothing here searches: what was found is evaluated, exactly.
"""
