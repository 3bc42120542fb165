import { z } from 'zod'
import { choiceName } from '../choices/form.js'
import { issue, readForm, text } from '../web/form.js'

// Letters and digits alone: whatever stands beside it in a lead's number tells where it ends.
const code = text(8).transform((value, context) => {
  if (!/^[\p{L}\p{N}]*$/u.test(value)) context.addIssue(issue('locations.code_signs'))
  return value
})

const schema = z.object({ name: choiceName(100), code })

/** Reads what a location has: its name, and its code in the numbers of leads. */
export const readLocationForm = (body: unknown) => readForm(schema, body)
