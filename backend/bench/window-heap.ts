/** A node of a sampling heap profile, as the DevTools protocol has it. */
export interface AllocationNode {
  readonly callFrame: { readonly functionName: string };
  readonly selfSize: number;
  readonly children: readonly AllocationNode[];
}

/** Bytes allocated in this node and under it; with `under`, only in functions of that name and what they called. */
export function allocatedBytes(node: AllocationNode, under?: string): number {
  const inside = under === undefined || node.callFrame.functionName === under;
  return node.children.reduce(
    (sum, child) => sum + allocatedBytes(child, inside ? undefined : under),
    inside ? node.selfSize : 0,
  );
}
