namespace Serverless.Learning.Adapters;

/// <summary>Which weights a training run changes, and how it keeps those that it does not.</summary>
public enum AdapterKind
{
    /// <summary>Low-rank updates of linear layers; the base weights stay frozen (LoRA, arXiv:2106.09685).</summary>
    Lora,

    /// <summary>Every weight of the model.</summary>
    Full,

    /// <summary>Low-rank updates over base weights that are kept in NF4 while training (QLoRA, arXiv:2305.14314).</summary>
    Qlora,
}
