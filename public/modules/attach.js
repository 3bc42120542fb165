// Files are sent as soon as they are chosen, dropped or pasted, one after the other, while one goes on writing; the form that
// is sent then only names them. Without this script the form sends them itself.
const waiting = []
let sending = null

document.documentElement.classList.add('uploads')

const FORM = 'form:has(.attach)'
const told = form => form?.querySelector('.attach')?.dataset
const filesOf = data => [...data?.files ?? []]
// What is under way when its form is taken away goes on in vain.
const formOf = ({ row }) => row.closest('form')

function add (form, files) {
  const words = told(form)
  if (!words || files.length === 0 || form.querySelector('.attach [type=file]').disabled) return
  const list = form.querySelector('.sent')
  for (const file of files) {
    const row = form.querySelector('.upload-row').content.firstElementChild.cloneNode(true)
    row.querySelector('b').textContent = row.querySelector('b').title = file.name
    const job = { file, row, words }
    row.querySelector('.stop').addEventListener('click', () => stop(job))
    row.querySelector('.again').addEventListener('click', () => queue(job))
    const isTooMany = list.children.length >= Number(words.most)
    list.append(row)
    if (isTooMany) say(job, words.many)
    else if (file.size > Number(words.bytes)) say(job, words.big)
    else queue(job)
  }
}

function queue (job) {
  say(job, '')
  job.row.dataset.busy = ''
  waiting.push(job)
  next()
}

function next () {
  if (sending || waiting.length === 0) return
  const job = sending = waiting.shift()
  const request = job.request = new XMLHttpRequest()
  const progress = job.row.querySelector('progress')
  const body = new FormData()
  body.append('files', job.file)
  request.open('POST', job.words.url)
  request.setRequestHeader('HX-Request', 'true')
  request.setRequestHeader('HX-Request-Type', 'partial')
  // Once it is all there a picture is still being drawn anew: a bar without a value says that it goes on.
  request.upload.addEventListener('progress', ({ loaded, total }) => { if (loaded < total) progress.value = loaded / total; else progress.removeAttribute('value') })
  request.addEventListener('load', () => answered(job, request))
  request.addEventListener('error', () => over(job, job.words.lost))
  request.send(body)
}

function answered (job, { status, responseText }) {
  if (status === 200 || status === 413 || status === 422) {
    const list = document.createElement('template'), form = formOf(job)
    list.innerHTML = responseText
    job.row.replaceWith(list.content)
    if (status !== 200 && form) later(form, null)
    return over(job, '', form)
  }
  // Signing in again, or what else there is to say, comes up where htmx shows it; the file stays to be tried again.
  const flash = document.getElementById('flash')
  flash.innerHTML = responseText
  window.htmx.process(flash)
  over(job, job.words.failed)
}

function over (job, error, form = formOf(job)) {
  if (sending === job) sending = null
  delete job.row.dataset.busy
  if (error) {
    say(job, error)
    job.row.querySelector('.again').hidden = false
  }
  next()
  const button = asked.get(form)
  if (!button || form.querySelector('[data-busy]')) return
  const isWhole = !form.querySelector('.sent .error:not([hidden])')
  later(form, null)
  if (isWhole) form.requestSubmit(button)
}

function stop (job) {
  const at = waiting.indexOf(job)
  if (at !== -1) waiting.splice(at, 1)
  const form = formOf(job)
  job.row.remove()
  if (sending !== job) return
  job.request.abort()
  over(job, '', form)
}

function say ({ row }, error) {
  const shown = row.querySelector('.error')
  shown.textContent = error
  shown.hidden = !error
  row.querySelector('progress').hidden = Boolean(error)
  row.querySelector('.again').hidden = true
  row.classList.toggle('refused', Boolean(error))
}

// The button by which a form is sent when its files are there.
const asked = new WeakMap()

function later (form, button) {
  asked.set(form, button)
  form.querySelector('.later').hidden = !button
}

document.addEventListener('change', ({ target }) => {
  if (!target.matches('.attach [type=file]')) return
  add(target.form, filesOf(target))
  target.value = ''
})

// A form waits for its files, and then goes by itself; those that didn't arrive are tried once more. Without them it doesn't go.
document.addEventListener('submit', event => {
  const { target: form, submitter } = event
  if (!form.matches(FORM)) return
  for (const again of form.querySelectorAll('.sent .again:not([hidden])')) again.click()
  if (!form.querySelector('[data-busy]')) return
  event.preventDefault()
  event.stopImmediatePropagation()
  later(form, submitter ?? form.querySelector('.send'))
}, true)

// Whoever leaves meanwhile is asked by the browser first. A visit by htmx would go on without a word, and the files be lost.
const isSending = () => Boolean(document.querySelector(`${FORM} [data-busy]`))
addEventListener('beforeunload', event => { if (isSending()) event.preventDefault() })
document.addEventListener('click', event => {
  const link = event.target.closest?.('a[href]')
  if (!link || link.target || link.download || link.matches('[hx-get], [hx-target], [data-close]') || !isSending() || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  event.stopImmediatePropagation()
  location.assign(link.href)
}, true)

document.addEventListener('paste', event => {
  const files = filesOf(event.clipboardData), form = event.target.closest?.(FORM)
  if (files.length === 0 || !form) return
  event.preventDefault()
  add(form, files)
})

// Onto a form, or anywhere on the card of a feed.
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, event => {
    if (!event.dataTransfer?.types.includes('Files')) return
    const own = event.target.closest?.(`${FORM}:not(#write)`), place = own ?? event.target.closest?.('.card:has(#write .attach)')
    if (!place) return
    if (kind !== 'dragleave') event.preventDefault()
    place.classList.toggle('dropping', kind === 'dragenter' || kind === 'dragover')
    if (kind === 'drop') add(own ?? document.getElementById('write'), filesOf(event.dataTransfer))
  })
}
