namespace Serverless.Learning.Text;

/// <summary>Decodes token by token and never emits half a character.</summary>
public sealed class StreamingDecoder
{
    internal StreamingDecoder() => throw new NotImplementedException();

    public string Append(int id) => throw new NotImplementedException();

    public string Flush() => throw new NotImplementedException();
}
