const LEGAL_FORM = /(^|[\s,.])(sp\.? ?z ?o\.? ?o\.?|sp\. ?[jkp]\.?|s\.? ?k\.? ?a\.?|s\.a\.?|s\.l\.?u?\.?|s\.c\.?|s\.r\.l\.?|spółka( \p{L}+)*|l\.?t\.?d\.?a\.?|ltd\.?|llc|inc\.?|gmbh|e\.?i\.?r\.?l\.?|unipessoal|(?:i|and|&|y|e) (?:wspólnicy|synowie|syn|partnerzy|partners|associates|sons|co\.?|asociados|associados|hijos|filhos|c[ií]a\.?))$/iu

/** Whether a name says itself that it is a company's: it ends in the legal form of one, in Polish, Spanish, Portuguese, English or German, or in "& Sons". */
export const isCompanyName = (name: string): boolean => LEGAL_FORM.test(name)
