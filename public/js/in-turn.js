// In a part that saves itself one thing goes after the other. The answer of a save may give it another address, id and fingerprint, so what is changed
// or pressed meanwhile waits for it, stays in the page as it was typed, and is then done with the part as it stands; the form's "Save" waits as well,
// and so do a link that leaves what wasn't sent yet, and a button that posts beside the part ("Archive").
(() => {
  const PART = '[hx-post][hx-trigger^=change]:not([hx-sync])'
  const turns = new Set(), submits = new Map()
  let leaving = null

  const turnOf = part => part && [...turns].find(turn => turn.part === part || (part.id && turn.part?.id === part.id && turn.form === part.closest('form')))
  // An answer may have put another element in its place; the page may also be another one by now, with the same ids.
  const nowOf = ({ part, form }) => !part || part.isConnected ? part : part.id && form?.isConnected ? document.getElementById(part.id) : null
  const waitsFor = (form, turn) => turn.form === form || (turn.part !== null && form.getAttribute('method') === 'post' && !form.matches('[hx-post]'))
  const isWaiting = () => [...turns].some(({ again }) => again)

  document.addEventListener('htmx:config:request', event => {
    const { ctx } = event.detail
    const part = ctx.sourceElement.closest(PART)
    // What a button takes over from its input (clear.js) is on its way as well: "Save" waits for it.
    if (!part && ctx.sourceElement.dataset.clear && !event.defaultPrevented) turns.add({ ctx, part: null, form: ctx.sourceElement.form })
    if (!part || ctx.request.method !== 'POST' || ctx.swap === 'none') return
    const turn = turnOf(part)
    if (!turn) turns.add({ ctx, part, form: ctx.request.form, rows: rowsNow() })
    else {
      event.preventDefault()
      turn.again = true
    }
  })

  // A row's own buttons, and links to what the part is just saving.
  document.addEventListener('click', event => {
    const pressed = event.target.closest?.('button[id], button[name], a[data-after-save]')
    const turn = pressed && turnOf(pressed.closest(PART))
    const link = !turn && isWaiting() && event.target.closest?.('a[href]:not([target=_blank], [download], [href^="#"])')
    if ((!turn && !link) || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (link) leaving = link
    else turn.press = pressed.matches('a') ? 'a[data-after-save]' : pressed.id ? `#${pressed.id}` : `button[name="${pressed.name}"][value="${pressed.value}"]`
  }, true)

  addEventListener('beforeunload', event => { if (isWaiting()) event.preventDefault() })

  document.addEventListener('submit', event => {
    if (![...turns].some(turn => waitsFor(event.target, turn))) return
    event.preventDefault()
    event.stopImmediatePropagation()
    submits.set(event.target, event.submitter)
  }, true)

  // What was typed, ticked or chosen since a request left; hidden fields are the server's to say.
  const changedSince = ({ ctx, form }) => [...form?.elements ?? []].filter(({ name, type }) => name && !['hidden', 'file', 'submit', 'button', 'fieldset'].includes(type)).flatMap(field => {
    const { name, value, checked } = field, isBox = field.matches('[type=checkbox], [type=radio]')
    const sent = ctx.request.body.getAll(name).includes(value)
    return isBox && sent === checked || !isBox && sent ? [] : [{ name, value, checked, isBox }]
  })
  const putBack = (form, { name, value, checked, isBox }) => {
    for (const field of form?.elements ?? []) {
      if (field.name !== name || field.type === 'hidden' || (isBox && field.value !== value)) continue
      if (isBox) field.checked = checked
      else if (field.value !== value) field.value = value
    }
  }

  // The form of another kind is told whole, as it was when it was asked for: rows and tags that came, went or were saved since stay as they are.
  const rowsNow = () => ['phones', 'emails', 'tags'].map(id => [id, document.getElementById(id)?.outerHTML])
  const keepRows = ({ rows }, fragment) => {
    for (const [id, was] of rows) {
      const now = document.getElementById(id), told = fragment.querySelector(`#${id}`)
      if (now && told && now.outerHTML !== was) told.replaceWith(now.cloneNode(true))
    }
  }

  const its = ({ detail }) => [...turns].find(turn => turn.ctx === detail.ctx)
  document.addEventListener('htmx:before:swap', event => {
    const turn = its(event)
    if (!turn?.part) return
    turn.typed = changedSince(turn)
    for (const { fragment } of event.detail.tasks) keepRows(turn, fragment)
  })
  document.addEventListener('htmx:after:swap', event => {
    const turn = its(event), part = turn && nowOf(turn)
    if (part) for (const field of turn.typed ?? []) putBack(part.closest('form'), field)
  })

  document.addEventListener('htmx:finally:request', event => {
    const turn = its(event)
    if (!turn) return
    turns.delete(turn)
    const status = turn.ctx.response?.status, part = nowOf(turn)
    // Nothing was answered, or the session has ended: it is sent again by itself (offline.js). Somebody else's change is for its reader to look at first.
    const goesOn = status && status !== 401 && status !== 409
    if (part && goesOn) {
      const field = part.matches('[name]') ? part : part.querySelector('[name]:not([type=hidden])')
      if (turn.again) field?.dispatchEvent(new Event('change', { bubbles: true }))
      const next = turnOf(part)
      if (next) next.press = turn.press
      else if (turn.press && (status < 400 || !turn.press.startsWith('a'))) part.querySelector(turn.press)?.click()
    }
    // What was refused is seen, and mended, before anything beside it is done.
    for (const form of submits.keys()) if (waitsFor(form, turn) && (!goesOn || (form !== turn.form && status >= 400))) submits.delete(form)
    if (!goesOn) leaving = null
    if (leaving && !isWaiting()) {
      const link = leaving
      leaving = null
      link.click()
    }
    for (const [form, submitter] of submits) {
      if ([...turns].some(other => waitsFor(form, other))) continue
      submits.delete(form)
      if (form.isConnected) form.requestSubmit(submitter?.isConnected ? submitter : null)
    }
  })
})()
