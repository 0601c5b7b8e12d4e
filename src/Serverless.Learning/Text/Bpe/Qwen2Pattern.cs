namespace Serverless.Learning.Text.Bpe;

/// <summary>The pre-tokenizer pattern of Qwen2's published tokenizer.json, which <see cref="BpeTrainer"/> uses too.</summary>
internal static class Qwen2Pattern
{
    internal const string Text =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
}
