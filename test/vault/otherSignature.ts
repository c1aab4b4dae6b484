/** A document of which one byte of the signature differs. */
export const otherSignature = (document: Buffer): Buffer =>
  Buffer.from(
    document
      .toString('latin1')
      .replace(
        /(signature: .)(.)/,
        (_all, before: string, one: string) => before + (one === '-' ? 'A' : '-')
      ),
    'latin1'
  )
