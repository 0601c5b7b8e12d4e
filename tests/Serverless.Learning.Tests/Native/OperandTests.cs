using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Native;

/// <summary>Which of TorchSharp's operators the compiled assembly uses, however they are written; the build itself sees them in expressions only.</summary>
public sealed class OperandTests
{
    public OperandTests() => NativeRuntime.EnsureLoaded();

    [Fact]
    public void No_operator_adds_tensors_or_combines_one_with_a_number()
    {
        var used = TensorOperators().ToList();
        Assert.Contains(used, method => method.Name == "op_Multiply");
        Assert.DoesNotContain(used, method => method.Name == "op_Addition" || method.GetParameters().Any(parameter => parameter.ParameterType != typeof(Tensor)));
    }

    [Fact]
    public void Sums_and_squares_are_those_of_float32_to_the_bit()
    {
        using var scope = NewDisposeScope();
        var random = new Random(7);
        float[] a = [.. Enumerable.Range(0, 1000).Select(_ => random.NextSingle())], b = [.. a.Select(_ => random.NextSingle() - 0.5f)];
        Assert.Equal(a.Zip(b, (x, y) => x + y), Floats(tensor(a).Plus(tensor(b))));
        Assert.Equal(a.Select(x => x + 1e-7f), Floats(tensor(a).Plus(1e-7)));
        Assert.Equal(b.Select(x => x * x), Floats(tensor(b).Squared()));
    }

    private static float[] Floats(Tensor tensor) => tensor.data<float>().ToArray();

    private static IEnumerable<MethodBase> TensorOperators()
    {
        var module = typeof(Operand).Module;
        using var image = new PEReader(File.OpenRead(module.FullyQualifiedName));
        var metadata = image.GetMetadataReader();
        foreach (var handle in metadata.MemberReferences)
        {
            var reference = metadata.GetMemberReference(handle);
            if (reference.Parent.Kind != HandleKind.TypeReference || !metadata.StringComparer.StartsWith(reference.Name, "op_")) continue;
            var method = module.ResolveMethod(MetadataTokens.GetToken(handle))!;
            if (method.DeclaringType == typeof(Tensor)) yield return method;
        }
    }
}
