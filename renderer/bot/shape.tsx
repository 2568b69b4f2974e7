import { useMemo, type ReactNode } from 'react';

/** Height in the drawing's own units; it is stretched to the card. */
const HEIGHT = 40;
/** So that silence is seen as a line. */
const LEAST = 0.02;

/** A recording's outline, from its magnitudes 0..1. For the eye only: the findings say what there is to know. */
export function Shape({ shape }: { readonly shape: readonly number[] }): ReactNode {
  const path = useMemo(() => outline(shape), [shape]);
  return (
    <svg
      className="bot-shape"
      viewBox={`0 0 ${shape.length} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden
    >
      <path d={path} />
    </svg>
  );
}

function outline(shape: readonly number[]): string {
  return shape
    .map((magnitude, x) => {
      const height = Math.max(LEAST, Math.min(1, magnitude)) * HEIGHT;
      return `M${x + 0.15} ${(HEIGHT - height) / 2}h0.7v${height}h-0.7z`;
    })
    .join('');
}
