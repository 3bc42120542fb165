// Choosing the country proposes the currency and time zone most of its shops use; both stay free to choose.
document.addEventListener('change', event => {
  const option = event.target.closest?.('select[data-proposes]')?.selectedOptions[0]
  for (const [name, value] of Object.entries(option?.dataset ?? {})) {
    const select = document.querySelector(`select[data-proposed="${name}"]`)
    if (select) select.value = value
  }
})
