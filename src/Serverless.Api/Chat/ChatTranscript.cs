using System.Text;
using Serverless.Service.Inference;

namespace Serverless.Api.Chat;

/// <summary>One answer, put together from its pieces.</summary>
internal sealed class ChatTranscript
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();

    public int Tokens { get; private set; }

    /// <summary>Valid after the last piece.</summary>
    public string FinishReason { get; private set; } = "";

    public void Add(ChatPiece piece)
    {
        _text.Append(piece.Text);
        Tokens++;
        if (piece.Finish is { } finish)
            FinishReason = FinishReasons.TextOf(finish);
    }
}
