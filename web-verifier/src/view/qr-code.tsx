/** A fingerprint as a QR code, to be compared by a second device. ISO/IEC 18004. @module */
import type { ReactElement } from 'react';
import { encode } from 'uqr';

/** Light around the code, in modules: readers need so much to find it. */
const QUIET_ZONE = 4;

interface QrCodeProps {
  readonly text: string;
  /** What the code holds, for people who do not see it. */
  readonly name: string;
}

/** Black on white whatever the look of the page: many readers take nothing else. */
export function QrCode({ text, name }: QrCodeProps): ReactElement {
  const { size, data } = encode(text, { ecc: 'M', border: QUIET_ZONE });
  const modules = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])),
  );
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={name}>
      <rect width={size} height={size} />
      <path d={modules.join('')} />
    </svg>
  );
}
