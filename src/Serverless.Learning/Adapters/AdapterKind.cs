namespace Serverless.Learning.Adapters;

/// <summary>Which weights a training run changes.</summary>
public enum AdapterKind
{
    /// <summary>Low-rank updates of linear layers; the base weights stay frozen (LoRA, arXiv:2106.09685).</summary>
    Lora,

    /// <summary>Every weight of the model.</summary>
    Full,
}
