import { z } from 'zod'
import { TAG_COLOURS } from '../clients/client.js'
import { readTagName } from '../clients/tags/form.js'
import { issue, oneOf, readForm } from '../web/form.js'

const schema = z.object({
  // As it is read where it is put on a client, so that both make the same tag of it.
  name: z.unknown().transform((typed, context) => {
    const { name, errors } = readTagName(typed)
    if (errors.tag) context.addIssue(issue(errors.tag.key, errors.tag.values))
    else if (name === '') context.addIssue(issue('form.required'))
    return name
  }),
  colour: oneOf(TAG_COLOURS)
})

export type TagValues = z.output<typeof schema>

/** Reads a tag's name and colour. */
export const readTagForm = (body: unknown) => readForm(schema, body)
