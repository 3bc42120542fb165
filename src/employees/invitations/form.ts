import { z } from 'zod'
import { newPasswordOf } from '../../sign-in/password.js'
import { readForm } from '../../web/form.js'

/** Reads a new password; `about`: what somebody who knows its owner would try. */
export const readInvitationForm = (body: unknown, about: readonly string[]) => readForm(z.object({ password: newPasswordOf(about) }), body)
