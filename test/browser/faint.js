/* Runs in a page. Its value: the texts whose contrast with what is behind them is less than 4.5. */
;(() => {
  const parse = color => (color.match(/[\d.]+/g) ?? []).map(Number)
  const linear = one => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
  const luminance = color => {
    const [r, g, b] = color.map(one => linear(one / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = start => {
    for (let at = start; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color[3] !== 0) return color
    }
    return [255, 255, 255]
  }
  return [...document.querySelectorAll('body *')].flatMap(element => {
    const hasText = [...element.childNodes].some(
      node => node.nodeType === 3 && node.textContent.trim() !== ''
    )
    if (!hasText || element.localName === 'title' || element.localName === 'desc') return []
    const { color, fill } = getComputedStyle(element)
    const [a, b] = [
      luminance(parse(element instanceof SVGElement ? fill : color)),
      luminance(behind(element))
    ]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    return ratio < 4.5 ? [`${element.localName}: ${element.textContent.trim().slice(0, 40)}: ${ratio}`] : []
  })
})()
