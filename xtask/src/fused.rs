//! Makes the module for browsers without relaxed SIMD: the same module with a product and a sum in place of each fused
//! instruction.

use anyhow::{Context, Result, ensure};
use walrus::ir::{
    BinaryOp, Binop, Instr, InstrLocId, InstrSeq, LocalGet, LocalSet, TernOp, TernaryOp, VisitorMut, dfs_pre_order_mut,
};
use walrus::{LocalId, Module, ModuleConfig, ValType};

/// Rewrites a module.
///
/// # Errors
/// When the bytes are no module, or when it has no fused instruction: then its nets would be slow in every browser.
pub fn parted(module: &[u8]) -> Result<Vec<u8>> {
    let mut module = parse(module)?;
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut replaced = 0;
    for id in functions {
        let sum = module.locals.add(ValType::V128);
        let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let mut parts = Parts { sum, replaced: 0 };
        let entry = function.entry_block();
        dfs_pre_order_mut(&mut parts, function, entry);
        replaced += parts.replaced;
    }
    ensure!(replaced > 0, "the module has no fused products and sums");
    Ok(module.emit_wasm())
}

fn parse(module: &[u8]) -> Result<Module> {
    // No sections for names and producers: the optimiser has removed them already.
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false).strict_validate(false);
    config.parse(module).context("reading the module")
}

/// Takes fused products and sums apart.
struct Parts {
    /// Local variable that keeps the summand while the product is computed.
    sum: LocalId,
    replaced: usize,
}

impl VisitorMut for Parts {
    fn start_instr_seq_mut(&mut self, sequence: &mut InstrSeq) {
        let before = std::mem::take(&mut sequence.instrs);
        for (instruction, place) in before {
            match instruction {
                Instr::TernOp(TernOp { op: TernaryOp::F32x4RelaxedMadd }) => {
                    sequence.instrs.extend(self.apart(place));
                    self.replaced += 1;
                }
                other => sequence.instrs.push((other, place)),
            }
        }
    }
}

impl Parts {
    /// Instructions that replace a fused one: on the stack lie a, b and c, and they leave a b + c.
    fn apart(&self, place: InstrLocId) -> [(Instr, InstrLocId); 4] {
        let local = self.sum;
        [
            Instr::LocalSet(LocalSet { local }),
            Instr::Binop(Binop { op: BinaryOp::F32x4Mul }),
            Instr::LocalGet(LocalGet { local }),
            Instr::Binop(Binop { op: BinaryOp::F32x4Add }),
        ]
        .map(|instruction| (instruction, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::FunctionBuilder;

    /// A module with one function of three vectors, whose body these instructions are.
    fn module(body: &[Instr]) -> Vec<u8> {
        let mut module = Module::with_config(ModuleConfig::new());
        let arguments = [0; 3].map(|_| module.locals.add(ValType::V128));
        let mut builder = FunctionBuilder::new(&mut module.types, &[ValType::V128; 3], &[ValType::V128]);
        let mut sequence = builder.func_body();
        for local in arguments {
            sequence.local_get(local);
        }
        for instruction in body {
            sequence.instr(instruction.clone());
        }
        let function = builder.finish(arguments.to_vec(), &mut module.funcs);
        module.exports.add("f", function);
        module.emit_wasm()
    }

    const FUSED: Instr = Instr::TernOp(TernOp { op: TernaryOp::F32x4RelaxedMadd });

    fn operations(module: &[u8]) -> Vec<String> {
        let module = parse(module).unwrap();
        let (_, function) = module.funcs.iter_local().next().unwrap();
        let sequence = function.block(function.entry_block());
        let name = |text: String| text.split(['(', ' ']).next().unwrap_or_default().to_owned();
        sequence
            .instrs
            .iter()
            .map(|(instruction, _)| match instruction {
                Instr::Binop(Binop { op }) => format!("{op:?}"),
                Instr::TernOp(TernOp { op }) => format!("{op:?}"),
                other => name(format!("{other:?}")),
            })
            .collect()
    }

    #[test]
    fn a_fused_sum_is_taken_apart_in_the_order_of_its_terms() {
        let given = ["LocalGet"; 3];
        let before = module(&[FUSED]);
        assert_eq!(operations(&before), [&given[..], &["F32x4RelaxedMadd"]].concat());
        let after = parted(&before).unwrap();
        assert_eq!(operations(&after), [&given[..], &["LocalSet", "F32x4Mul", "LocalGet", "F32x4Add"]].concat());
    }

    #[test]
    fn a_module_without_any_is_refused() {
        let add = || Instr::Binop(Binop { op: BinaryOp::F32x4Add });
        assert!(parted(&module(&[add(), add()])).is_err());
        assert!(parted(b"no module").is_err());
    }
}
