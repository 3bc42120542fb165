import { z } from 'zod'
import { newPassword } from '../../sign-in/password.js'
import { readForm } from '../../web/form.js'

const schema = z.object({ password: newPassword })

export const readInvitationForm = (body: unknown) => readForm(schema, body)
