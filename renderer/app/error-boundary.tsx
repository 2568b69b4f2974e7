import { RotateCcw, TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/panel.tsx';
import { appText } from './text.ts';

interface BoundaryState {
  readonly failure: string | null;
}

/** Keeps a fault of one screen from taking the window down; the screen can be shown anew. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override readonly state: BoundaryState = { failure: null };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { failure: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return <Stumbled failure={failure} onAgain={() => this.setState({ failure: null })} />;
  }
}

interface StumbledProps {
  readonly failure: string;
  readonly onAgain: () => void;
}

function Stumbled({ failure, onAgain }: StumbledProps): ReactNode {
  const t = useTexts(appText);
  return (
    <div className="app-stumbled" role="alert">
      <Empty
        icon={TriangleAlert}
        title={t.stumbled}
        text={t.stumbledText}
        actions={
          <Button variant="primary" icon={RotateCcw} onClick={onAgain}>
            {t.showAgain}
          </Button>
        }
      />
      <code className="app-stumbled-detail" data-selectable>
        {failure}
      </code>
    </div>
  );
}
